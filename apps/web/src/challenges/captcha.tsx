import { usePage } from '../flow/page.context.js';
import { FormErrors } from '../ui/form.js';
import { ScriptRequired } from '../ui/scriptless.js';
import { UserBadge } from '../ui/who.js';
import type { Envelope } from './envelope.js';
import { type CaptchaPuzzle, CaptchaWidget } from './puzzle.js';

/** A puzzle of a provider, in a step of its own. */
export type CaptchaChallenge = Envelope & CaptchaPuzzle;

export function Captcha({ challenge }: { challenge: CaptchaChallenge }) {
  const { answer } = usePage();
  return (
    <>
      <UserBadge challenge={challenge} />
      <FormErrors challenge={challenge} />
      <CaptchaWidget puzzle={challenge} solved={(token) => answer({ token })} />
      <ScriptRequired />
    </>
  );
}
