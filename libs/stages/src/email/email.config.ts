import { z } from 'zod';

const whole = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** How often mails go out, and how long their codes work. */
export const emailConfig = z.object({
  EMAIL_RESEND_S: whole(30, 0, 3600).describe('Seconds until an email stage sends the same visitor another mail'),
  EMAIL_MAILS: whole(5, 1, 100).describe('Mails that an email stage sends in one run of a flow'),
  EMAIL_CODE_S: whole(600, 60, 600).describe(
    'Seconds that the code of a mail works, never longer than its link; ten minutes are the most that standards allow',
  ),
});

/** The same, as the stage has it. */
export interface MailLimits {
  readonly resendS: number;
  readonly mails: number;
  readonly codeS: number;
}

export const mailLimitsOf = ({
  EMAIL_RESEND_S,
  EMAIL_MAILS,
  EMAIL_CODE_S,
}: z.output<typeof emailConfig>): MailLimits => ({
  resendS: EMAIL_RESEND_S,
  mails: EMAIL_MAILS,
  codeS: EMAIL_CODE_S,
});
