import type { Member, StructureShape } from "./model.ts";

/** The members of an input or output by their places, worked out once per shape. */
export interface Plan {
  readonly labels: readonly Member[];
  readonly queries: readonly Member[];
  readonly queryMap: Member | undefined;
  readonly headers: readonly Member[];
  readonly prefixHeaders: readonly Member[];
  /** The member that is the whole body. */
  readonly payload: Member | undefined;
  readonly status: Member | undefined;
  /** Whether any member travels in the body. */
  readonly hasBody: boolean;
  /** The event stream, wherever the protocol puts it. */
  readonly events: Member | undefined;
}

const plans = new WeakMap<StructureShape, Plan>();

export function planOf(shape: StructureShape): Plan {
  let plan = plans.get(shape);
  if (plan === undefined) {
    plan = makePlan(shape);
    plans.set(shape, plan);
  }
  return plan;
}

function makePlan({ members }: StructureShape): Plan {
  const at = (place: Member["place"]) => members.filter((member) => member.place === place);
  const events = members.find(({ shape }) => "eventStream" in shape && shape.eventStream);
  return {
    labels: at("label"),
    queries: at("query"),
    queryMap: at("queryParams")[0],
    headers: at("header"),
    prefixHeaders: at("prefixHeaders"),
    payload: at("payload").find((member) => member !== events),
    status: at("status")[0],
    hasBody: at("body").some((member) => member !== events),
    events,
  };
}

/** Whether the body is handed to the door as it comes, instead of being read first. */
export function streamsInput(input: StructureShape | undefined): boolean {
  return input !== undefined && (planOf(input).payload?.streaming ?? false);
}
