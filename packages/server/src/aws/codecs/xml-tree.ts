/** A small strict parser of XML documents: elements, attributes, text. No document types, so no entities but the five. */
import { MAX_DEPTH, Malformed } from "./malformed.ts";

export interface XmlElement {
  /** Without its prefix. */
  readonly name: string;
  /** By local name; a namespace declaration is no attribute. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Character data, without that of its children. */
  readonly text: string;
}

/** More than any operation's documents have (10,000 parts of 5 elements each), and a bound to memory. */
const MAX_ELEMENTS = 200_000;

/** The root element of a document. @throws Malformed */
export function parseXml(source: string): XmlElement {
  return new XmlReader(source).document();
}

interface OpenElement {
  readonly name: string;
  /** As written, with its prefix: the end tag must repeat it. */
  readonly tag: string;
  readonly attributes: Map<string, string>;
  readonly children: XmlElement[];
  text: string;
}

class XmlReader {
  private readonly source: string;
  private at = 0;
  private elements = 0;
  private readonly open: OpenElement[] = [];
  private root: XmlElement | undefined;

  constructor(source: string) {
    this.source = source.charCodeAt(0) === 0xfeff ? source.slice(1) : source;
  }

  document(): XmlElement {
    while (this.at < this.source.length) {
      const next = this.source.indexOf("<", this.at);
      this.characters(this.source.slice(this.at, next < 0 ? undefined : next));
      if (next < 0) break;
      this.at = next;
      this.markup();
    }
    if (this.root === undefined || this.open.length > 0) throw broken("ends too early");
    return this.root;
  }

  private characters(raw: string): void {
    this.at += raw.length;
    const element = this.open.at(-1);
    if (element !== undefined) element.text += unescapeXml(raw);
    else if (raw.trim() !== "") throw broken("has text outside of its root element");
  }

  private markup(): void {
    if (this.source.startsWith("</", this.at)) this.endTag();
    else if (this.source.startsWith("<?", this.at)) this.skipPast("?>");
    else if (this.source.startsWith("<!--", this.at)) this.skipPast("-->");
    else if (this.source.startsWith("<![CDATA[", this.at)) this.cdata();
    else if (this.source.startsWith("<!", this.at)) throw broken("declares a document type");
    else this.startTag();
  }

  private skipPast(end: string): string {
    const stop = this.source.indexOf(end, this.at);
    if (stop < 0) throw broken("ends too early");
    const skipped = this.source.slice(this.at, stop);
    this.at = stop + end.length;
    return skipped;
  }

  private cdata(): void {
    const element = this.open.at(-1);
    if (element === undefined) throw broken("has text outside of its root element");
    element.text += this.skipPast("]]>").slice("<![CDATA[".length);
  }

  private startTag(): void {
    if (this.root !== undefined) throw broken("has more than one root element");
    if (++this.elements > MAX_ELEMENTS) throw broken("has too many elements");
    this.at++;
    const tag = this.name();
    const attributes = this.attributes();
    const empty = this.source[this.at] === "/";
    if (empty) this.at++;
    if (this.source[this.at] !== ">") throw broken("has a malformed tag");
    this.at++;
    this.open.push({ name: local(tag), tag, attributes, children: [], text: "" });
    if (this.open.length > MAX_DEPTH) throw broken("is nested too deeply");
    if (empty) this.close();
  }

  private attributes(): Map<string, string> {
    const attributes = new Map<string, string>();
    for (;;) {
      const before = this.at;
      this.space();
      const next = this.source[this.at];
      if (next === ">" || next === "/" || next === undefined) return attributes;
      if (this.at === before) throw broken("has a malformed tag");
      const name = this.name();
      this.space();
      if (this.source[this.at++] !== "=") throw broken("has an attribute without a value");
      this.space();
      const quote = this.source[this.at++];
      if (quote !== '"' && quote !== "'") throw broken("has an attribute without quotes");
      const value = unescapeXml(this.skipPast(quote));
      if (name !== "xmlns" && !name.startsWith("xmlns:")) attributes.set(local(name), value);
    }
  }

  private endTag(): void {
    this.at += 2;
    const tag = this.name();
    this.space();
    if (this.source[this.at++] !== ">") throw broken("has a malformed tag");
    if (this.open.at(-1)?.tag !== tag) throw broken("closes an element that is not open");
    this.close();
  }

  private close(): void {
    const { tag: _, ...element } = this.open.pop() as OpenElement;
    const parent = this.open.at(-1);
    if (parent === undefined) this.root = element;
    else parent.children.push(element);
  }

  private name(): string {
    const start = this.at;
    while (this.at < this.source.length && !STOPS.has(this.source.charCodeAt(this.at))) this.at++;
    if (this.at === start) throw broken("has an element or attribute without a name");
    return this.source.slice(start, this.at);
  }

  private space(): void {
    while (SPACE.has(this.source.charCodeAt(this.at))) this.at++;
  }
}

const codes = (characters: string) => new Set([...characters].map((c) => c.charCodeAt(0)));
const SPACE = codes(" \t\r\n");
const STOPS = codes(" \t\r\n<>/=\"'&");

const broken = (what: string) => new Malformed(`The XML document ${what}`);

const local = (name: string) => name.slice(name.indexOf(":") + 1);

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

function unescapeXml(text: string): string {
  const unified = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  if (!unified.includes("&")) return unified;
  return unified.replace(/&([^;&]{0,10};?)/g, (_, reference: string) => character(reference));
}

function character(reference: string): string {
  const name = reference.slice(0, -1);
  if (!reference.endsWith(";")) throw broken("has a bare ampersand");
  const known = ENTITIES.get(name);
  if (known !== undefined) return known;
  const number = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name);
  const code =
    number === null
      ? Number.NaN
      : Number.parseInt(number[1] ?? number[2] ?? "", number[1] ? 16 : 10);
  const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  if (!isCharacter) throw broken("refers to an unknown entity");
  return String.fromCodePoint(code);
}
