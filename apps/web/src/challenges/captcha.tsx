import { useEffect, useRef, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { Alert } from '../ui/alert.js';
import { Button } from '../ui/button.js';
import { Refusal } from '../ui/form.js';
import { Scriptless } from '../ui/scriptless.js';
import { Who } from '../ui/who.js';
import type { Envelope } from './envelope.js';

/** A puzzle of a provider. */
export interface CaptchaChallenge extends Envelope {
  readonly site_key: string;
  readonly js_url: string;
}

export function Captcha({ challenge }: { challenge: CaptchaChallenge }) {
  const { t, answer, again } = usePage();
  const place = useRef<HTMLDivElement>(null);
  const [failed, fail] = useState(false);
  useEffect(() => {
    fail(false);
    const { js_url: script, site_key: siteKey } = challenge;
    const solved = (token: string) => answer({ token });
    void import('../flow/puzzle.js')
      .then(
        ({ runPuzzle }) =>
          place.current && runPuzzle({ script, siteKey, place: place.current, solved, failed: () => fail(true) }),
      )
      .catch(() => fail(true));
  }, [challenge]);
  return (
    <>
      <Who challenge={challenge} />
      {failed ? <Alert>{t('The check could not be carried out.')}</Alert> : <Refusal challenge={challenge} />}
      <p role="status">{!failed && t('We are checking that you are no robot.')}</p>
      <div class="puzzle" ref={place} />
      {failed && (
        <Button type="button" onClick={again}>
          {t('Try again')}
        </Button>
      )}
      <Scriptless />
    </>
  );
}
