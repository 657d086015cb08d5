import type { Translate } from '@gatehouse/texts/browser';
import { Moment } from '../ui/moment.js';
import { relativeTime } from '../ui/relative-time.js';
import type { AccountDevice } from './account.js';
import type { SectionProps } from './section.js';

/** Maximum length of a device's name, in characters. */
export const MAX_NAME = 64;

/** Lists the user's devices, with forms that rename and remove them, and links that enrol another one. */
export function DevicesSection({ pageData, t }: SectionProps) {
  const { shown, enrolmentStages } = pageData.account.devices;
  return (
    <>
      {shown.length === 0 && <p class="hint">{t('You have set up no device yet.')}</p>}
      <ul class="sessions">
        {shown.map((device) => (
          <Device key={device.id} device={device} pageData={pageData} t={t} />
        ))}
      </ul>
      {enrolmentStages.length > 0 && <EnrolmentLinks pageData={pageData} t={t} />}
    </>
  );
}

function EnrolmentLinks({ pageData, t }: SectionProps) {
  const next = encodeURIComponent(pageData.address);
  return (
    <ul class="links">
      {pageData.account.devices.enrolmentStages.map(({ id, name }) => (
        <li key={id}>
          <a href={`/flows/-/configure/${id}/?next=${next}`}>{t('Set up: {name}', { name })}</a>
        </li>
      ))}
    </ul>
  );
}

function Device({ device, pageData, t }: SectionProps & { device: AccountDevice }) {
  return (
    <li>
      <div>
        <strong>{device.name}</strong>
        <Facts device={device} pageData={pageData} t={t} />
      </div>
      <RenameForm device={device} pageData={pageData} t={t} />
      <RemoveForm device={device} pageData={pageData} t={t} />
    </li>
  );
}

function RenameForm({
  device: { id, name },
  pageData: { token, address },
  t,
}: SectionProps & { device: AccountDevice }) {
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

function RemoveForm({
  device: { id, name },
  pageData: { token, address },
  t,
}: SectionProps & { device: AccountDevice }) {
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

function Facts({ device, pageData, t }: SectionProps & { device: AccountDevice }) {
  const { kind, created, lastUsed } = device;
  const { locale, now } = pageData;
  const when = (at: Date) => relativeTime(locale, at, now);
  return (
    <div class="hint">
      {[kindsIn(t)[kind] ?? kind, ...passkeyFacts(device, t)].map((fact) => (
        <>
          <bdi>{fact}</bdi>
          {' · '}
        </>
      ))}
      <Moment at={created} locale={locale}>
        {t('set up {when}', { when: when(created) })}
      </Moment>
      {' · '}
      {lastUsed ? (
        <Moment at={lastUsed} locale={locale}>
          {t('last used {when}', { when: when(lastUsed) })}
        </Moment>
      ) : (
        t('never used')
      )}
    </div>
  );
}

/**
 * Returns facts about a passkey: its password manager or model, unless the passkey has this name, and where the passkey
 * is stored.
 */
function passkeyFacts({ name, passkey }: AccountDevice, t: Translate): readonly string[] {
  if (!passkey) return [];
  const { authenticator, backup_eligible: eligible, backed_up: backedUp } = passkey;
  const place = eligible === false ? t('on one device only') : backedUp ? t('synchronised') : '';
  return [authenticator === name ? '' : (authenticator ?? ''), place].filter((fact) => fact !== '');
}

const kindsIn = (t: Translate): Readonly<Record<string, string>> => ({
  webauthn: t('Passkey or security key'),
  totp: t('Authenticator app'),
  duo: t('Duo'),
  sms: t('Text message'),
  email: t('Email'),
  static: t('Recovery codes'),
});
