/** What of the package is used here; it comes without types. */
declare module "nodemailer" {
  export interface Transporter {
    sendMail(mail: object): Promise<unknown>;
    close(): void;
  }
  export function createTransport(options: object): Transporter;
}
