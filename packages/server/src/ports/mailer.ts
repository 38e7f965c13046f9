/** Hands mail to a mail server. */
export interface Mailer {
  /** Resolves once the server has taken it. @throws MailRefused where it never will; anything else may pass. */
  send(mail: Mail): Promise<void>;
  close(): void;
}

export interface Mail {
  readonly to: string;
  /** The name beside the sender's address. */
  readonly fromName: string;
  readonly subject: string;
  readonly text: string;
}

/** The mail server does not take this mail, or there is none. */
export class MailRefused extends Error {
  override readonly name = "MailRefused";
}
