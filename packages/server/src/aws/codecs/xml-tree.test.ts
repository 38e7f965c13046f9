import assert from "node:assert/strict";
import { test } from "node:test";
import { Malformed } from "./malformed.ts";
import { parseXml } from "./xml-tree.ts";

const refuses = (source: string, message: RegExp) =>
  assert.throws(
    () => parseXml(source),
    (error) => error instanceof Malformed && message.test(error.message),
    source.slice(0, 80),
  );

test("reads elements, attributes, text, comments and sections", () => {
  const root = parseXml(
    `\ufeff<?xml version="1.0"?><!-- hi --><s:a xmlns:s="urn:x" s:k='v "1"'> <b>1 &lt; 2</b><c/><![CDATA[<x>]]></s:a>\n`,
  );
  assert.equal(root.name, "a");
  assert.deepEqual([...root.attributes], [["k", 'v "1"']]);
  assert.deepEqual(
    root.children.map(({ name, text }) => [name, text]),
    [
      ["b", "1 < 2"],
      ["c", ""],
    ],
  );
  assert.equal(root.text, " <x>");
});

test("decodes the five entities and references to characters", () => {
  assert.equal(parseXml("<a>&amp;&quot;&apos;&#65;&#x1F600;</a>").text, `&"'A😀`);
});

test("reads line ends of any kind as one", () => {
  assert.equal(parseXml("<a>1\r\n2\r3&#13;</a>").text, "1\n2\n3\r");
});

test("declares no entities: neither a bomb of them nor a file", () => {
  const bomb = `<!DOCTYPE a [<!ENTITY x "${"y".repeat(9)}"><!ENTITY z "&x;&x;">]><a>&z;</a>`;
  refuses(bomb, /document type/);
  refuses(`<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>`, /document type/);
  refuses("<a>&unknown;</a>", /unknown entity/);
});

test("refuses what is not well formed", () => {
  refuses("", /ends too early/);
  refuses("text", /text outside/);
  refuses("<a>", /ends too early/);
  refuses("<a></b>", /not open/);
  refuses("</a>", /not open/);
  refuses("<a/><b/>", /more than one root/);
  refuses("<a b=c/>", /without quotes/);
  refuses("<a b/>", /without a value/);
  refuses('<a b="c"d="e"/>', /malformed tag/);
  refuses('<a b="c', /ends too early/);
  refuses("<a", /malformed tag/);
  refuses("<>", /without a name/);
  refuses("<a><!-- </a>", /ends too early/);
  refuses("<a>1 & 2</a>", /bare ampersand/);
  refuses("<a>&#xD800;</a>", /unknown entity/);
  refuses("<a>&#0;</a>", /unknown entity/);
  refuses("<a>&#99999999;</a>", /unknown entity|bare ampersand/);
});

test("refuses depth and numbers that no operation needs", () => {
  refuses("<a>".repeat(5000), /nested too deeply/);
  refuses(`<a>${"<b/>".repeat(300_000)}</a>`, /too many elements/);
});
