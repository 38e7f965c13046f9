/**
 * What of the network a function reaches. The platform's setting is the widest; a function narrows it by a variable of
 * its environment, so that SAM, CDK and Terraform say it unchanged.
 */
import { YunqueError } from "./errors.ts";

/** From the widest on: the machine's own network; a network with nothing but its own 127.0.0.1; not even that. */
export const FUNCTION_NETWORKS = ["host", "loopback-only", "none"] as const;
export type FunctionNetwork = (typeof FUNCTION_NETWORKS)[number];

/** What this platform gives functions. */
export interface NetworkRule {
  readonly widest: FunctionNetwork;
  /** Whether anything here can keep a function to less than the machine's network. */
  readonly enforced: boolean;
}

/** The function's own word. */
export const NETWORK_VARIABLE = "YUNQUE_NETWORK";

interface Asking {
  readonly runtime: string;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** The stricter of what the platform allows and the function asks for. A word that means nothing counts as `none`. */
export function networkOf({ widest }: NetworkRule, asking: Asking): FunctionNetwork {
  const asked = asking.environment?.[NETWORK_VARIABLE] ?? "host";
  const own = FUNCTION_NETWORKS.find((each) => each === asked) ?? "none";
  const stricter = rank(own) > rank(widest) ? own : widest;
  // Its Runtime API is HTTP on its own 127.0.0.1.
  return stricter === "none" && asking.runtime.startsWith("provided") ? "loopback-only" : stricter;
}

/** @throws YunqueError `InvalidFunction` where the function asks for what there is not, or what nothing here can hold it to. */
export function checkNetwork(rule: NetworkRule, asking: Asking): void {
  const asked = asking.environment?.[NETWORK_VARIABLE];
  if (asked === undefined) return;
  if (!FUNCTION_NETWORKS.some((each) => each === asked))
    throw invalid(
      `Value ${asked} at 'environment.variables.${NETWORK_VARIABLE}' failed to satisfy constraint: Member must satisfy enum value set: [${FUNCTION_NETWORKS.join(", ")}]. It narrows what this function reaches of the network.`,
    );
  if (!rule.enforced && networkOf(rule, asking) !== "host")
    throw invalid(
      `This platform runs functions without a sandbox and cannot keep a function to ${NETWORK_VARIABLE}=${asked}: start it with --isolation auto (yunque doctor says what that needs here), or leave the variable out.`,
    );
}

const rank = (network: FunctionNetwork): number => FUNCTION_NETWORKS.indexOf(network);

const invalid = (message: string): YunqueError => new YunqueError("InvalidFunction", message);
