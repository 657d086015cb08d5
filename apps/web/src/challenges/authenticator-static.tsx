import { useEffect, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { Copy } from '../ui/copy.js';
import { Form } from '../ui/form.js';
import { UserBadge } from '../ui/user-badge.js';
import type { Envelope } from './envelope.js';

/** The challenge that shows new recovery codes. */
export interface StaticChallenge extends Envelope {
  readonly codes: readonly string[];
}

export function AuthenticatorStatic({ challenge }: { challenge: StaticChallenge }) {
  const { t } = usePage();
  const text = `${challenge.codes.join('\n')}\n`;
  return (
    <>
      <UserBadge challenge={challenge} />
      <Form challenge={challenge}>
        <p>{t('Keep these codes in a safe place. Each of them lets you in once when you do not have your device.')}</p>
        <ul class="codes" dir="ltr">
          {challenge.codes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ul>
        <div class="choice">
          <Copy text={text} label={t('Copy')} />
          <Download text={text} />
        </div>
        <Button>{t('I have kept them')}</Button>
      </Form>
    </>
  );
}

/** A download link. The file is made in the browser, so the codes are not sent again. */
function Download({ text }: { text: string }) {
  const { t } = usePage();
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    setAddress(url);
    return () => URL.revokeObjectURL(url);
  }, [text]);
  return (
    <a class="plain scripted" href={address} download="recovery-codes.txt">
      {t('Download')}
    </a>
  );
}
