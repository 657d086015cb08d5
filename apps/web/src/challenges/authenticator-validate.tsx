import type { Translate } from '@gatehouse/texts/browser';
import { useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { FactorIcon } from '../ui/factor-icon.js';
import { Form } from '../ui/form.js';
import { UserBadge } from '../ui/user-badge.js';
import { DeviceList } from './device-list.js';
import { type Device, DeviceStep } from './devices.js';
import type { Envelope } from './envelope.js';
import { shownAtFirst } from './factors.js';
import { ScriptlessCode } from './scriptless-code.js';

interface SetUp {
  readonly pk: string;
  readonly name: string | null;
  readonly verbose_name: string;
  readonly meta_model_name: string;
}

/** The challenge to validate a device. */
export interface ValidateChallenge extends Envelope {
  readonly device_challenges: readonly Device[];
  readonly configuration_stages: readonly SetUp[];
}

export function AuthenticatorValidate({ challenge }: { challenge: ValidateChallenge }) {
  const { device_challenges: devices } = challenge;
  const [shown, show] = useState({ deviceClass: shownAtFirst(devices)?.device_class, isChosen: false });
  // Stores the class and not the device, because a repeated challenge contains new data for the same devices.
  const device = devices.find(({ device_class }) => device_class === shown.deviceClass);
  return (
    <>
      <UserBadge challenge={challenge} />
      {device ? (
        <DeviceStep
          challenge={challenge}
          device={device}
          isChosen={shown.isChosen}
          back={devices.length > 1 ? () => show({ deviceClass: undefined, isChosen: false }) : undefined}
        />
      ) : (
        <DeviceChoice challenge={challenge} choose={(deviceClass) => show({ deviceClass, isChosen: true })} />
      )}
      {devices.length > 1 && !(device && takesCode(device)) && <ScriptlessCode challenge={challenge} />}
    </>
  );
}

/** Whether the step of a device has a field for a code. */
const takesCode = ({ device_class }: Device) => !['webauthn', 'duo'].includes(device_class);

interface ChoiceProps {
  readonly challenge: ValidateChallenge;
  readonly choose: (deviceClass: string) => void;
}

function DeviceChoice({ challenge, choose }: ChoiceProps) {
  const { device_challenges: devices, configuration_stages: setUps } = challenge;
  return (
    <Form challenge={challenge}>
      {devices.length > 0 && <DeviceList devices={devices} choose={choose} />}
      {setUps.length > 0 && <SetUps setUps={setUps} />}
    </Form>
  );
}

function SetUps({ setUps }: { setUps: readonly SetUp[] }) {
  return (
    <ul class="devices">
      {setUps.map((setUp) => (
        <li key={setUp.pk}>
          <SetUpButton setUp={setUp} />
        </li>
      ))}
    </ul>
  );
}

function SetUpButton({ setUp: { pk, name, verbose_name, meta_model_name } }: { setUp: SetUp }) {
  const { t } = usePage();
  const deviceClass = classOf(meta_model_name);
  const kind = kindsIn(t)[deviceClass] ?? verbose_name;
  return (
    <Button name="selected_stage" value={pk} class="plain device">
      <FactorIcon of={deviceClass} />
      <span>
        <strong>{name ?? kind}</strong>
        {name && name !== kind && <span class="hint">{kind}</span>}
      </span>
    </Button>
  );
}

/** Returns the texts for what each device class sets up, such as an authenticator app. */
const kindsIn = (t: Translate): Readonly<Record<string, string>> => ({
  webauthn: t('Passkey or security key'),
  totp: t('Authenticator app'),
  duo: t('Duo'),
  sms: t('Text message'),
  email: t('Email'),
  static: t('Recovery codes'),
});

/** Returns the device class that a stage sets up, from the name of its model (`authentik_stages_authenticator_totp.…`). */
const classOf = (model: string): string => /authenticator_(\w+)\./.exec(model)?.[1] ?? '';
