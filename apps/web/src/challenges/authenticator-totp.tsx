import { useEffect, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { CodeField } from '../ui/code-field.js';
import { Copy } from '../ui/copy.js';
import { Form } from '../ui/form.js';
import { UserBadge } from '../ui/user-badge.js';
import { type Envelope, errorsOf } from './envelope.js';

/** The challenge to enrol a TOTP app. */
export interface TotpChallenge extends Envelope {
  readonly config_url: string;
}

export function AuthenticatorTotp({ challenge }: { challenge: TotpChallenge }) {
  const { t } = usePage();
  return (
    <>
      <UserBadge challenge={challenge} />
      <Form challenge={challenge} fields={['code']}>
        <OpenInApp url={challenge.config_url} />
        <p class="pointed">{t('Scan this picture with your authenticator app, then enter the code that it shows.')}</p>
        <QrCode text={challenge.config_url} />
        <ByHand url={challenge.config_url} />
        <CodeField errors={errorsOf(challenge)['code']} />
        <Button>{t('Continue')}</Button>
      </Form>
    </>
  );
}

/**
 * The link that opens the authenticator app, because a phone cannot scan its own screen. CSS shows it on touch screens
 * only, and hides elements of the class `pointed` there, so that it works without JavaScript.
 */
function OpenInApp({ url }: { url: string }) {
  const { t } = usePage();
  return (
    <div class="touched">
      <p>{t('Open your authenticator app on this device, then enter the code that it shows.')}</p>
      <a class="main" href={url}>
        {t('Open in app')}
      </a>
      <p class="hint">{t('Is the app on another device? Scan this picture with it.')}</p>
    </div>
  );
}

/** The secret as text, and the link to the app, for visitors who cannot scan the QR code. */
function ByHand({ url }: { url: string }) {
  const { t } = usePage();
  const secret = secretOf(url);
  return (
    <details class="by-hand">
      <summary>{t('Cannot scan it?')}</summary>
      <p>{t('Enter this key into the app:')}</p>
      <p>
        <code class="key" dir="ltr">
          {secret}
        </code>
      </p>
      <div class="choice">
        <Copy text={secret.replaceAll(' ', '')} label={t('Copy key')} />
        <a class="plain pointed" href={url}>
          {t('Open in app')}
        </a>
      </div>
    </details>
  );
}

/** A QR code. The browser loads the encoder on demand. */
export function QrCode({ text }: { text: string }) {
  const { t } = usePage();
  const [drawing, setDrawing] = useState<{ size: number; path: string }>();
  useEffect(() => {
    void import('../flow/qr.js').then(({ drawQr }) => setDrawing(drawQr(text)));
  }, [text]);
  return (
    <div class="picture">
      {drawing && (
        <svg
          viewBox={`0 0 ${drawing.size} ${drawing.size}`}
          role="img"
          aria-label={t('QR code for your authenticator app')}
          shape-rendering="crispEdges"
        >
          <path d={drawing.path} />
        </svg>
      )}
    </div>
  );
}

/** Returns the secret in an otpauth URL, in groups of four characters, as authenticator apps show secrets. */
const secretOf = (address: string): string =>
  (URL.canParse(address) ? (new URL(address).searchParams.get('secret') ?? '') : '').replace(/(.{4})(?=.)/g, '$1 ');
