/** The few words of classic BPF that a seccomp filter is written in. Source: linux/filter.h, seccomp(2). */

export interface Instruction {
  readonly code: number;
  /** Instructions to skip where a condition holds, and where it does not: 0 to 255. */
  readonly whenTrue: number;
  readonly whenFalse: number;
  readonly operand: number;
}

const LOAD_WORD = 0x20;
const AND = 0x54;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_GREATER = 0x25;
const JUMP_IF_ANY_BIT = 0x45;
const RETURN = 0x06;

/** Loads 4 bytes of the call's description (struct seccomp_data) into the accumulator. */
export const load = (offset: number): Instruction => instruction(LOAD_WORD, offset);

/** Keeps these bits of the accumulator. */
export const and = (mask: number): Instruction => instruction(AND, mask);

/** Ends the filter with this verdict. */
export const verdict = (value: number): Instruction => instruction(RETURN, value);

/** Runs the block where the accumulator equals the value, else goes on behind it. */
export const ifEqual = (value: number, block: readonly Instruction[]): Instruction[] =>
  conditional(JUMP_IF_EQUAL, value, block);

/** Runs the block where the accumulator, unsigned, is greater. */
export const ifGreater = (value: number, block: readonly Instruction[]): Instruction[] =>
  conditional(JUMP_IF_GREATER, value, block);

/** Runs the block where the accumulator has any of these bits. */
export const ifAnyBit = (mask: number, block: readonly Instruction[]): Instruction[] =>
  conditional(JUMP_IF_ANY_BIT, mask, block);

/** Runs the block unless the accumulator equals the value. */
export const unlessEqual = (value: number, block: readonly Instruction[]): Instruction[] => [
  instruction(JUMP_IF_EQUAL, value, reach(block), 0),
  ...block,
];

/** The program as the kernel takes it: 8 bytes each (struct sock_filter), little-endian as x86_64 and arm64 are. */
export function encode(program: readonly Instruction[]): Buffer {
  if (program.length > 4096) throw new RangeError("a filter has at most 4,096 instructions");
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(({ code, whenTrue, whenFalse, operand }, index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(whenTrue, index * 8 + 2);
    bytes.writeUInt8(whenFalse, index * 8 + 3);
    bytes.writeUInt32LE(operand, index * 8 + 4);
  });
  return bytes;
}

const conditional = (code: number, operand: number, block: readonly Instruction[]) => [
  instruction(code, operand, 0, reach(block)),
  ...block,
];

function reach(block: readonly Instruction[]): number {
  if (block.length > 255) throw new RangeError("a jump skips at most 255 instructions");
  return block.length;
}

const instruction = (code: number, operand: number, whenTrue = 0, whenFalse = 0): Instruction => ({
  code,
  whenTrue,
  whenFalse,
  operand: operand >>> 0,
});
