import { useEffect, useState } from 'preact/hooks';
import { type FormAnswer, usePage } from './page.context.js';

/**
 * Milliseconds after which a page that waits for a passkey fetches new options. Less than half of the default of
 * WEBAUTHN_CHALLENGE_S, within which the gateway keeps a challenge.
 */
const REFRESH_MS = 240_000;
const CHECK_MS = 30_000;

/**
 * Returns the options of a passkey challenge. Replaces them while the page is visible, so that their challenge does not
 * expire on a page that stays open. The rest of the step stays as it is, because the visitor may be typing.
 */
export function useFreshPasskeys(shown: FormAnswer | null | undefined): FormAnswer | null | undefined {
  const { pageData, fetchChallenge } = usePage();
  const [fresh, setFresh] = useState({ shown, options: shown });
  useEffect(() => {
    if (!shown || pageData.preview) return undefined;
    const unmounted = new AbortController();
    let fetchedAt = Date.now();
    const refresh = async () => {
      if (document.visibilityState === 'hidden' || Date.now() - fetchedAt < REFRESH_MS) return;
      fetchedAt = Date.now();
      const options = (await fetchChallenge())?.['passkey_challenge'] as typeof shown;
      if (options && !unmounted.signal.aborted) setFresh({ shown, options });
    };
    const timer = setInterval(() => void refresh(), CHECK_MS);
    document.addEventListener('visibilitychange', () => void refresh(), unmounted);
    return () => {
      clearInterval(timer);
      unmounted.abort();
    };
  }, [shown]);
  return fresh.shown === shown ? fresh.options : shown;
}
