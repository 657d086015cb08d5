import { useEffect, useRef, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { Alert } from '../ui/alert.js';
import { Button } from '../ui/button.js';

/** A puzzle of a provider, as a challenge has it. */
export interface CaptchaPuzzle {
  readonly site_key: string;
  readonly js_url: string;
  readonly action?: string | undefined;
}

interface PuzzleProps {
  readonly puzzle: CaptchaPuzzle;
  readonly solved: (token: string) => void;
}

/** The place in which a provider's script draws its puzzle, and what is said while it does. */
export function CaptchaWidget({ puzzle, solved }: PuzzleProps) {
  const { t, again } = usePage();
  const place = useRef<HTMLDivElement>(null);
  const [failed, fail] = useState(false);
  useEffect(() => {
    fail(false);
    const { js_url: script, site_key: siteKey, action } = puzzle;
    void import('../flow/captcha-script.js')
      .then(
        ({ runCaptcha }) =>
          place.current &&
          runCaptcha({ script, siteKey, action, place: place.current, solved, failed: () => fail(true) }),
      )
      .catch(() => fail(true));
  }, [puzzle]);
  return (
    <>
      {failed && <Alert>{t('The check could not be carried out.')}</Alert>}
      <p role="status">{!failed && t('We are checking that you are no robot.')}</p>
      <div class="puzzle" ref={place} />
      {failed && (
        <Button type="button" onClick={again}>
          {t('Try again')}
        </Button>
      )}
    </>
  );
}
