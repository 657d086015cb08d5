import { useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { Form } from '../ui/form.js';
import { UserBadge } from '../ui/user-badge.js';
import { type Device, DeviceStep } from './devices.js';
import type { Envelope } from './envelope.js';

interface SetUp {
  readonly pk: string;
  readonly name: string | null;
  readonly verbose_name: string;
}

/** The challenge to validate a device. */
export interface ValidateChallenge extends Envelope {
  readonly device_challenges: readonly Device[];
  readonly configuration_stages: readonly SetUp[];
}

export function AuthenticatorValidate({ challenge }: { challenge: ValidateChallenge }) {
  const { device_challenges: devices } = challenge;
  const [chosen, choose] = useState(devices.length === 1 ? 0 : undefined);
  // Keeps the index and not the device, because a repeated challenge contains new data for the same devices.
  const device = chosen === undefined ? undefined : devices[chosen];
  return (
    <>
      <UserBadge challenge={challenge} />
      {device ? (
        <DeviceStep
          challenge={challenge}
          device={device}
          back={devices.length > 1 ? () => choose(undefined) : undefined}
        />
      ) : (
        <DeviceChoice challenge={challenge} choose={choose} />
      )}
    </>
  );
}

function DeviceChoice({ challenge, choose }: { challenge: ValidateChallenge; choose: (i: number) => void }) {
  const { device_challenges: devices, configuration_stages: setUps } = challenge;
  return (
    <Form challenge={challenge}>
      {devices.length > 0 && <Devices devices={devices} choose={choose} />}
      {setUps.length > 0 && <SetUps setUps={setUps} />}
    </Form>
  );
}

function Devices({ devices, choose }: { devices: readonly Device[]; choose: (i: number) => void }) {
  const { t } = usePage();
  const deviceTexts = useDeviceTexts();
  return (
    <>
      <h2>{t('How do you want to prove that it is you?')}</h2>
      <ul class="devices">
        {devices.map(({ device_class, device_uid }, i) => (
          <li key={`${device_class}-${device_uid}`}>
            <button type="button" class="plain device" onClick={() => choose(i)}>
              <strong>{deviceTexts[device_class]?.[0] ?? device_class}</strong>
              <span class="hint">{deviceTexts[device_class]?.[1]}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function SetUps({ setUps }: { setUps: readonly SetUp[] }) {
  return (
    <ul class="devices">
      {setUps.map(({ pk, name, verbose_name }) => (
        <li key={pk}>
          <button name="selected_stage" value={pk} class="plain device">
            <strong>{name ?? verbose_name}</strong>
            {name && <span class="hint">{verbose_name}</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Returns the names and descriptions of the device classes. */
function useDeviceTexts(): Readonly<Record<string, readonly [name: string, description: string]>> {
  const { t } = usePage();
  return {
    webauthn: [t('Passkey or security key'), t('Confirm with your device or touch your key.')],
    totp: [t('Authenticator app'), t('Enter the code that the app shows.')],
    duo: [t('Duo'), t('Confirm a message on your phone.')],
    sms: [t('Text message'), t('Get a code on your phone.')],
    static: [t('Recovery code'), t('Use one of the codes that you have kept.')],
  };
}
