import { usePage } from '../flow/page.context.js';
import { FormErrors } from '../ui/form.js';
import { ScriptRequired } from '../ui/script-required.js';
import { UserBadge } from '../ui/user-badge.js';
import { type CaptchaPuzzle, CaptchaWidget } from './captcha-widget.js';
import type { Envelope } from './envelope.js';

/** A puzzle of a provider, in a step of its own. */
export type CaptchaChallenge = Envelope & CaptchaPuzzle;

export function Captcha({ challenge }: { challenge: CaptchaChallenge }) {
  const { answerUnasked } = usePage();
  return (
    <>
      <UserBadge challenge={challenge} />
      <FormErrors challenge={challenge} />
      <CaptchaWidget puzzle={challenge} solved={(token) => answerUnasked({ token })} />
      <ScriptRequired />
    </>
  );
}
