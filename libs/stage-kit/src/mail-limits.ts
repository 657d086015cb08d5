import { z } from 'zod';

const integer = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** Settings of the stages that mail codes. */
export const mailConfig = z.object({
  EMAIL_RESEND_S: integer(30, 0, 3600).describe('Seconds until a stage sends another mail to the same visitor'),
  EMAIL_MAILS: integer(5, 1, 100).describe('Largest number of mails that a stage sends in one run of a flow'),
  EMAIL_CODE_S: integer(600, 60, 600).describe(
    'Lifetime of a mailed code, in seconds, at most the lifetime that its stage configures; standards allow ten minutes at most',
  ),
});

/** Limits on mails and codes. */
export interface MailLimits {
  readonly resendS: number;
  readonly mails: number;
  readonly codeS: number;
}

/** Returns the limits that the settings define. */
export const mailLimitsOf = ({
  EMAIL_RESEND_S,
  EMAIL_MAILS,
  EMAIL_CODE_S,
}: z.output<typeof mailConfig>): MailLimits => ({
  resendS: EMAIL_RESEND_S,
  mails: EMAIL_MAILS,
  codeS: EMAIL_CODE_S,
});
