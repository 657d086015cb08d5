import type { Translate } from '@gatehouse/texts/browser';
import { useEffect, useState } from 'preact/hooks';
import type { Challenge, PreviewNote, PreviewPageData } from '../page.js';
import { Button } from '../ui/button.js';
import { previewOf } from './executor.js';

interface PreviewProps {
  readonly preview: PreviewPageData;
  readonly t: Translate;
}

/** Says on top of each step that the page is a preview. */
export const PreviewBanner = ({ preview: { version, user }, t }: PreviewProps) => (
  <p class="notice" role="note">
    {t('This is a preview of version {version} as the user {user}. Nobody is logged in, and nothing is sent.', {
      ...{ version, user },
    })}
  </p>
);

interface PanelProps extends PreviewProps {
  readonly challenge: Challenge;
  readonly followLink: (token: string) => void;
}

/** Lists what the run of a preview would have caused, such as mails, whose links it can follow. */
export function PreviewPanel({ preview, challenge, t, followLink }: PanelProps) {
  const [notes, setNotes] = useState(preview.notes);
  useEffect(() => {
    const added = previewOf(challenge)?.notes ?? [];
    if (added.length > 0) setNotes((before) => [...before, ...added]);
  }, [challenge]);
  return (
    <aside class="inspector" aria-labelledby="preview">
      <h2 id="preview">{t('Preview')}</h2>
      <h3>{t('What would have happened')}</h3>
      {notes.length === 0 && <p class="hint">{t('Nothing so far.')}</p>}
      <ol>
        {notes.map((note, i) => (
          <li key={i}>
            <Note {...note} t={t} followLink={followLink} />
          </li>
        ))}
      </ol>
    </aside>
  );
}

function Note({ what, details, t, followLink }: PreviewNote & Pick<PanelProps, 't' | 'followLink'>) {
  const token = linkTokenOf(details);
  return (
    <>
      <strong>{what}</strong>
      <pre class="trace" tabIndex={0} role="region" aria-label={what}>
        {JSON.stringify(details, undefined, 2)}
      </pre>
      {token !== undefined && (
        <Button type="button" plain onClick={() => followLink(token)}>
          {t('Follow the link in this mail')}
        </Button>
      )}
    </>
  );
}

/** Returns the token of the link in a noted mail; `undefined` if there is none. */
function linkTokenOf({ variables }: PreviewNote['details']): string | undefined {
  const { url } = (variables ?? {}) as { readonly url?: unknown };
  const query = typeof url === 'string' ? url.split('?')[1] : undefined;
  return new URLSearchParams(query).get('flow_token') ?? undefined;
}
