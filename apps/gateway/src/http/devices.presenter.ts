import { modelOf } from '@gatehouse/authenticators';
import type { DeviceClass } from '@gatehouse/contracts';
import type { OwnedDevice } from '../execution/own-devices.js';
import type { DeviceOfAnyKind, PresentedDevice } from './devices.bodies.js';

/** What the API says of a kind; `extras`: what it tells of a device of the kind alone. */
interface Kind {
  readonly name: string;
  readonly model: string;
  readonly extras?: (device: OwnedDevice) => Partial<PresentedDevice>;
}

const KINDS: Readonly<Record<DeviceClass, Kind>> = {
  duo: { name: 'Duo Device', model: 'DuoDevice' },
  sms: {
    name: 'SMS Device',
    model: 'SMSDevice',
    extras: ({ facts }) => ({ phone_number: `…${textOf(facts['ending'])}` }),
  },
  static: { name: 'Static Device', model: 'StaticDevice', extras: () => ({ token_set: [] }) },
  totp: { name: 'TOTP Device', model: 'TOTPDevice' },
  webauthn: {
    name: 'WebAuthn Device',
    model: 'WebAuthnDevice',
    extras: ({ facts, created }) => ({
      ...{ created_on: created.toISOString(), aaguid: textOf(facts['aaguid']), device_type: null },
    }),
  },
};

const textOf = (fact: unknown) => (typeof fact === 'string' ? fact : '');

/** A device where its kind is known already. */
export const presentOwn = (device: OwnedDevice): PresentedDevice => ({
  ...{ pk: device.pk, name: device.name },
  ...KINDS[device.kind].extras?.(device),
});

/** A device among those of all kinds. */
export function presentAny({ kind, pk, name, created, updated, lastUsed }: OwnedDevice): DeviceOfAnyKind {
  const { name: called, model } = KINDS[kind];
  const { app, model_name } = modelOf(kind);
  return {
    ...{ verbose_name: called, verbose_name_plural: `${called}s`, meta_model_name: `${app}.${model_name}` },
    ...{ pk, name, type: `${app}.${model}`, confirmed: true },
    ...{ created: created.toISOString(), last_updated: updated.toISOString() },
    last_used: lastUsed?.toISOString() ?? null,
  };
}
