/** The runtime's form of an AWS model: shapes linked to each other. A model is read when its service is first asked for. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type {
  ErrorFile,
  Kind,
  MemberFile,
  ModelFile,
  OperationFile,
  Place,
  ProtocolName,
  ShapeFile,
  TimestampFormat,
  XmlNamespace,
} from "./model-file.ts";

export interface Service {
  /** Our key: "lambda". */
  readonly name: string;
  /** AWS's name: "IoT Data Plane". */
  readonly serviceId: string;
  readonly version: string;
  readonly protocols: readonly ProtocolName[];
  readonly signingName: string;
  readonly targetPrefix: string | undefined;
  readonly xmlNamespace: string | undefined;
  readonly queryCompatible: boolean;
  /** Whether the wire checks required members alone, and leaves all other constraints to the door. */
  readonly requiredOnly: boolean;
  readonly operations: ReadonlyMap<string, Operation>;
  /** The shape of an error, by its own name or else by its code on the wire. */
  error(code: string): StructureShape | undefined;
}

export interface Operation {
  readonly name: string;
  readonly method: string;
  readonly uri: string;
  /** Of the answer. */
  readonly status: number;
  readonly input: StructureShape | undefined;
  readonly output: StructureShape | undefined;
  readonly needsQuery: readonly string[];
  readonly needsHeaders: readonly string[];
  /** Element around the result where it is not the usual one. */
  readonly root: string | undefined;
}

export type Shape = ScalarShape | ListShape | MapShape | StructureShape;

interface Constrained {
  readonly name: string;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly pattern: string | undefined;
  readonly enum: readonly string[] | undefined;
  readonly sensitive: boolean;
  readonly timestamp: TimestampFormat | undefined;
  readonly xmlName: string | undefined;
  readonly xmlNamespace: XmlNamespace | undefined;
}
export interface ScalarShape extends Constrained {
  readonly kind: Exclude<Kind, "list" | "map" | "structure" | "union">;
}
export interface ListShape extends Constrained {
  readonly kind: "list";
  readonly item: Member;
  readonly sparse: boolean;
}
export interface MapShape extends Constrained {
  readonly kind: "map";
  readonly key: Member;
  readonly value: Member;
  readonly sparse: boolean;
}
export interface StructureShape extends Constrained {
  readonly kind: "structure" | "union";
  readonly members: readonly Member[];
  readonly error: (ErrorFile & { readonly code: string }) | undefined;
  readonly eventStream: boolean;
}

export interface Member {
  readonly name: string;
  readonly shape: Shape;
  readonly required: boolean;
  readonly place: Place;
  /** Its name on the wire: of the header (lower case), query parameter, element or form key; of JSON in restJson1. */
  readonly wire: string;
  readonly flat: boolean;
  readonly attribute: boolean;
  readonly jsonValue: boolean;
  readonly streaming: boolean;
  readonly timestamp: TimestampFormat | undefined;
  readonly xmlNamespace: XmlNamespace | undefined;
}

const MODELS = join(import.meta.dirname, "../../../../models");
const loaded = new Map<string, Service>();

/** The model of a service of the catalog, read once. @throws where there is no such service. */
export function loadService(name: string): Service {
  let service = loaded.get(name);
  if (service === undefined) {
    service = linkService(readModel(name));
    loaded.set(name, service);
  }
  return service;
}

/** The compiled model of a service as it lies on disk, for those who need a list of names and no links. */
export function readModel(name: string): ModelFile {
  return JSON.parse(readFileSync(join(MODELS, `${name}.json`), "utf8")) as ModelFile;
}

/** Links the names of a compiled model, shape by shape as they are asked for. */
export function linkService(file: ModelFile): Service {
  const shapeNamed = linker(file.shapes);
  const structure = (name: string | undefined) =>
    name === undefined ? undefined : (shapeNamed(name) as StructureShape);
  return {
    name: file.service,
    serviceId: file.serviceId,
    version: file.version,
    protocols: file.protocols,
    signingName: file.signingName,
    targetPrefix: file.targetPrefix,
    xmlNamespace: file.xmlNamespace,
    queryCompatible: file.queryCompatible ?? false,
    requiredOnly: file.constraints === "required",
    operations: new Map(
      Object.entries(file.operations).map(([name, of]) => [
        name,
        linkOperation(name, of, structure),
      ]),
    ),
    error: errorFinder(file.shapes, structure),
  };
}

function linkOperation(
  name: string,
  file: OperationFile,
  structure: (name: string | undefined) => StructureShape | undefined,
): Operation {
  return {
    name,
    method: file.method ?? "POST",
    uri: file.uri ?? "/",
    status: file.status ?? 200,
    get input() {
      return structure(file.input);
    },
    get output() {
      return structure(file.output);
    },
    needsQuery: file.needs?.query ?? [],
    needsHeaders: file.needs?.headers ?? [],
    root: file.root,
  };
}

function errorFinder(
  shapes: ModelFile["shapes"],
  structure: (name: string | undefined) => StructureShape | undefined,
): Service["error"] {
  const names = new Map<string, string>();
  for (const name in shapes) {
    const code = shapes[name]?.error?.code;
    if (code !== undefined && !names.has(code)) names.set(code, name);
  }
  return (code) => structure(shapes[code]?.error === undefined ? names.get(code) : code);
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function linker(files: ModelFile["shapes"]): (name: string) => Shape {
  const shapes = new Map<string, Shape>();
  return function shapeNamed(name: string): Shape {
    const known = shapes.get(name);
    if (known !== undefined) return known;
    const file = files[name];
    if (file === undefined) throw new Error(`the shape ${name} is missing`);
    const shape = bareShape(name, file);
    shapes.set(name, shape); // before its members are linked: shapes are recursive
    linkMembers(shape, file, (member, of, required) =>
      linkMember(member, of, required, shapeNamed),
    );
    return shape;
  };
}

function bareShape(name: string, file: ShapeFile): Shape {
  return {
    name,
    kind: file.type as ScalarShape["kind"],
    min: file.min,
    max: file.max,
    pattern: file.pattern,
    enum: file.enum,
    sensitive: file.sensitive ?? false,
    timestamp: file.timestamp,
    xmlName: file.xmlName,
    xmlNamespace: file.xmlNamespace,
  };
}

function linkMembers(
  bare: Shape,
  file: ShapeFile,
  link: (name: string, of: string | MemberFile, required: boolean) => Member,
): void {
  const shape = bare as Writable<Shape>;
  if (file.item !== undefined)
    Object.assign(shape, { item: link("member", file.item, false), sparse: file.sparse ?? false });
  if (file.key !== undefined && file.value !== undefined)
    Object.assign(shape, {
      key: link("key", file.key, false),
      value: link("value", file.value, false),
      sparse: file.sparse ?? false,
    });
  if (file.members !== undefined)
    Object.assign(shape, {
      members: Object.entries(file.members).map(([name, member]) =>
        link(name, member, file.required?.includes(name) ?? false),
      ),
      error: file.error && { ...file.error, code: file.error.code ?? shape.name },
      eventStream: file.eventStream ?? false,
    });
}

function linkMember(
  name: string,
  of: string | MemberFile,
  required: boolean,
  shapeNamed: (name: string) => Shape,
): Member {
  const file: MemberFile = typeof of === "string" ? { shape: of } : of;
  return {
    name,
    shape: shapeNamed(file.shape),
    required,
    place: file.place ?? "body",
    wire: file.wire ?? name,
    flat: file.flat ?? false,
    attribute: file.attribute ?? false,
    jsonValue: file.jsonValue ?? false,
    streaming: file.streaming ?? false,
    timestamp: file.timestamp,
    xmlNamespace: file.xmlNamespace,
  };
}
