/** Mail over SMTP. */
import type { Transporter } from "nodemailer";
import { type Mailer, MailRefused } from "../../ports/mailer.ts";

const CONNECTIONS = 5;
const TIMEOUT_MS = 30_000;

/** `server`: `smtp://` or `smtps://`, with a user where the server wants one; undefined: there is none. */
export function createMailer(server: string | undefined, from: string): Mailer {
  let transport: Promise<Transporter> | undefined;
  const open = async (url: string): Promise<Transporter> => {
    const { createTransport } = await import("nodemailer"); // read where there is mail, not at every start
    return createTransport({
      url,
      pool: true,
      maxConnections: CONNECTIONS,
      connectionTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    } as object) as Transporter;
  };
  return {
    async send({ to, fromName, subject, text }) {
      if (server === undefined) throw new MailRefused("no mail server is set: smtp.url");
      transport ??= open(server);
      try {
        await (await transport).sendMail({
          from: { name: fromName, address: from },
          to: { name: "", address: to },
          subject,
          text,
        });
      } catch (error) {
        const { responseCode = 0 } = error as { responseCode?: number };
        if (responseCode >= 500) throw new MailRefused((error as Error).message);
        throw error;
      }
    },
    close() {
      void transport?.then((open) => open.close());
    },
  };
}
