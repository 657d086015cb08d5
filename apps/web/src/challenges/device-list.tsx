import type { Translate } from '@gatehouse/texts/browser';
import { usePage } from '../flow/page.context.js';
import { FactorIcon } from '../ui/factor-icon.js';
import { Moment } from '../ui/moment.js';
import { relativeTime } from '../ui/relative-time.js';
import type { Device } from './devices.js';
import { inOrder } from './factors.js';

interface Props {
  readonly devices: readonly Device[];
  readonly choose: (deviceClass: string) => void;
}

/** The choice among several devices. */
export const DeviceList = ({ devices, choose }: Props) => (
  <ul class="devices scripted">
    {inOrder(devices).map((device) => (
      <li key={device.device_class}>
        <DeviceButton device={device} choose={choose} />
      </li>
    ))}
  </ul>
);

function DeviceButton({ device, choose }: { device: Device; choose: Props['choose'] }) {
  const { t } = usePage();
  const { device_class: deviceClass } = device;
  const [name = deviceClass, description] = textsIn(t)[deviceClass] ?? [];
  return (
    <button type="button" class="plain device" onClick={() => choose(deviceClass)}>
      <FactorIcon of={deviceClass} />
      <span>
        <strong>{name}</strong>
        <span class="hint">
          <Details device={device} otherwise={description} />
        </span>
      </span>
    </button>
  );
}

/** The names and the last use of the devices, which the challenge has only for a visitor who has proved to own them. */
function Details({ device: { names = [], last_used }, otherwise }: { device: Device; otherwise: string | undefined }) {
  if (names.length === 0 && !last_used) return <>{otherwise}</>;
  return (
    <>
      {names.length > 0 && <bdi>{names.join(', ')}</bdi>}
      {names.length > 0 && last_used && ' · '}
      {last_used && <LastUse at={new Date(last_used)} />}
    </>
  );
}

function LastUse({ at }: { at: Date }) {
  const { t, pageData } = usePage();
  return (
    <Moment at={at} locale={pageData.locale}>
      {t('last used {when}', { when: relativeTime(pageData.locale, at, new Date()) })}
    </Moment>
  );
}

/** Returns the names and descriptions of the device classes. */
const textsIn = (t: Translate): Readonly<Record<string, readonly [name: string, description: string]>> => ({
  webauthn: [t('Passkey or security key'), t('Confirm with your device or touch your key.')],
  totp: [t('Authenticator app'), t('Enter the code that the app shows.')],
  duo: [t('Duo'), t('Confirm a message on your phone.')],
  sms: [t('Text message'), t('Get a code on your phone.')],
  email: [t('Email'), t('Get a code by email.')],
  static: [t('Recovery code'), t('Use one of the codes that you have kept.')],
});
