/** What a person is told when a command cannot do its work: what is wrong, and what to do about it. */
export class Failure extends Error {
  override readonly name = "Failure";
  /** The next step, often a command to type. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}
