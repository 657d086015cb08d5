import type { Translate } from '@gatehouse/texts/browser';
import type { SectionProps } from '../own/section.js';
import type { AccountDevice } from './account.js';
import { relativeTime } from './relative-time.js';

/** Characters of a device's name. */
export const MAX_NAME = 64;

/** Every device that proves somebody, with forms that rename and remove it; where others are set up. */
export function DevicesSection({ opened, t }: SectionProps) {
  const { shown, setUps } = opened.own.devices;
  return (
    <>
      {shown.length === 0 && <p class="hint">{t('You have set up no device yet.')}</p>}
      <ul class="sessions">
        {shown.map((device) => (
          <Device key={device.id} device={device} opened={opened} t={t} />
        ))}
      </ul>
      {setUps.length > 0 && <SetUps opened={opened} t={t} />}
    </>
  );
}

function SetUps({ opened, t }: SectionProps) {
  const next = encodeURIComponent(opened.address);
  return (
    <ul class="links">
      {opened.own.devices.setUps.map(({ id, name }) => (
        <li key={id}>
          <a href={`/flows/-/configure/${id}/?next=${next}`}>{t('Set up: {name}', { name })}</a>
        </li>
      ))}
    </ul>
  );
}

function Device({ device, opened, t }: SectionProps & { device: AccountDevice }) {
  return (
    <li>
      <div>
        <strong>{device.name}</strong>
        <Facts device={device} opened={opened} t={t} />
      </div>
      <Renaming device={device} opened={opened} t={t} />
      <Removing device={device} opened={opened} t={t} />
    </li>
  );
}

function Renaming({ device: { id, name }, opened: { token, address }, t }: SectionProps & { device: AccountDevice }) {
  const label = t('Name of {name}', { name });
  return (
    <form method="post" action={address} class="rename">
      <input type="hidden" name={token.field} value={token.value} />
      <input name="name" defaultValue={name} maxLength={MAX_NAME} required aria-label={label} />
      <button class="plain" name="rename" value={id}>
        {t('Rename')}
        <span class="unseen"> {name}</span>
      </button>
    </form>
  );
}

function Removing({ device: { id, name }, opened: { token, address }, t }: SectionProps & { device: AccountDevice }) {
  return (
    <form method="post" action={address}>
      <input type="hidden" name={token.field} value={token.value} />
      <button class="plain" name="remove" value={id}>
        {t('Remove')}
        <span class="unseen"> {name}</span>
      </button>
    </form>
  );
}

function Facts({ device: { kind, lastUsed }, opened: { locale, now }, t }: SectionProps & { device: AccountDevice }) {
  return (
    <div class="hint">
      {kindsIn(t)[kind] ?? kind}
      {' · '}
      {lastUsed ? (
        <time dateTime={lastUsed.toISOString()}>{relativeTime(locale, lastUsed, now)}</time>
      ) : (
        t('never used')
      )}
    </div>
  );
}

const kindsIn = (t: Translate): Readonly<Record<string, string>> => ({
  webauthn: t('Passkey or security key'),
  totp: t('Authenticator app'),
  duo: t('Duo'),
  sms: t('Text message'),
  static: t('Recovery codes'),
});
