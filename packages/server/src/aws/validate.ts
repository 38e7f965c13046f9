/** One constraint of the model that an input breaks. */
export interface Violation {
  /** As AWS words the place: `environment.variables.KEY.member`. */
  readonly path: string;
  /** Name of the top-level member. */
  readonly member: string;
  /** As AWS prints it, or undefined where the member is missing. */
  readonly value: string | undefined;
  /** `Member must ...` */
  readonly rule: string;
}
