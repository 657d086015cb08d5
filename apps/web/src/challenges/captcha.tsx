import { usePage } from '../flow/page.context.js';
import { Refusal } from '../ui/form.js';
import { Scriptless } from '../ui/scriptless.js';
import { Who } from '../ui/who.js';
import type { Envelope } from './envelope.js';
import { type PuzzleChallenge, PuzzlePlace } from './puzzle.js';

/** A puzzle of a provider, in a step of its own. */
export type CaptchaChallenge = Envelope & PuzzleChallenge;

export function Captcha({ challenge }: { challenge: CaptchaChallenge }) {
  const { answer } = usePage();
  return (
    <>
      <Who challenge={challenge} />
      <Refusal challenge={challenge} />
      <PuzzlePlace puzzle={challenge} solved={(token) => answer({ token })} />
      <Scriptless />
    </>
  );
}
