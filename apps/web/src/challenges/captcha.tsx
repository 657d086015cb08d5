import { usePage } from '../flow/page.context.js';
import { ScriptRequired } from '../ui/alert.js';
import { FormErrors } from '../ui/form.js';
import { UserBadge } from '../ui/user-badge.js';
import { type CaptchaOptions, CaptchaWidget } from './captcha-widget.js';
import type { Envelope } from './envelope.js';

/** The challenge of a captcha stage. */
export type CaptchaChallenge = Envelope & CaptchaOptions;

export function Captcha({ challenge }: { challenge: CaptchaChallenge }) {
  const { answerAutomatically } = usePage();
  return (
    <>
      <UserBadge challenge={challenge} />
      <FormErrors challenge={challenge} />
      <CaptchaWidget
        captcha={challenge}
        onSolved={(token) => answerAutomatically({ token })}
        waits={Boolean(challenge.response_errors)}
      />
      <ScriptRequired />
    </>
  );
}
