import { useEffect, useRef, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { Alert } from '../ui/alert.js';
import { Button } from '../ui/button.js';
import type { Envelope } from './envelope.js';

/** The challenge to sign in with Plex. */
export interface PlexChallenge extends Envelope {
  readonly client_id: string;
  readonly slug: string;
}

export function Plex({ challenge }: { challenge: PlexChallenge }) {
  const { t } = usePage();
  const { isWaiting, refusal, signIn } = usePlexSignIn(challenge);
  return (
    <>
      {refusal && <Alert>{refusal}</Alert>}
      <p role="status">{isWaiting && t('Sign in to Plex in the window that has opened.')}</p>
      <Button type="button" onClick={() => void signIn()}>
        {t('Continue with {name}', { name: 'Plex' })}
      </Button>
    </>
  );
}

/** Returns a function that signs in at Plex, whether it waits for the visitor, and why the last sign-in failed. */
function usePlexSignIn({ client_id: clientId, slug }: PlexChallenge) {
  const { t } = usePage();
  const [isWaiting, setWaiting] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const controller = useRef<AbortController>();
  useEffect(() => () => controller.current?.abort(), []);
  const signIn = async () => {
    controller.current?.abort();
    const { signal } = (controller.current = new AbortController());
    // Browsers allow a popup only during the click, so the page opens an empty popup before it knows the URL.
    const popup = open('about:blank', '_blank', 'popup,width=550,height=700');
    setWaiting(popup !== null);
    setRefusal(undefined);
    const reply =
      popup && import('../flow/plex.js').then((plex) => plex.signInAtPlex({ clientId, slug, popup, signal }));
    const { to, detail } = (await reply?.catch(() => undefined)) ?? {};
    if (signal.aborted) return;
    if (to) return location.assign(to);
    setWaiting(false);
    setRefusal(detail ?? t('Signing in did not work. Please try again.'));
  };
  return { isWaiting, refusal, signIn };
}
