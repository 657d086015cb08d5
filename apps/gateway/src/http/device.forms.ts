import { DEVICE_CLASSES, Problem } from '@gatehouse/contracts';
import type { OpenedOwn } from '@gatehouse/web';
import { Inject, Injectable } from '@nestjs/common';
import { Flows } from '../execution/flows.js';
import { OwnDevices, type OwnedDevice } from '../execution/own-devices.js';
import { type Asker, DeviceDesk } from './device.desk.js';
import { deviceName } from './devices.bodies.js';

/** Devices that are shown. */
const SHOWN = 50;
/** Kinds of the stages by which people set devices up. */
const SET_UPS = DEVICE_CLASSES.map((kind) => `authenticator_${kind}`);

/** Somebody's devices on their own page, and the forms that change them. */
@Injectable()
export class DeviceForms {
  constructor(
    @Inject(OwnDevices) private readonly devices: OwnDevices,
    @Inject(DeviceDesk) private readonly desk: DeviceDesk,
    @Inject(Flows) private readonly flows: Flows,
  ) {}

  /** What somebody's page shows of their devices. */
  async of(owner: string): Promise<OpenedOwn['own']['devices']> {
    const found = await this.devices.list({ owner }, { offset: 0, limit: SHOWN });
    return { shown: found.map(shown), setUps: await this.flows.listConfigurable(SET_UPS) };
  }

  /** Renames or removes the device that a form names; why not, if it must not be. That it is gone already is as good. */
  async change({ rename, remove, name }: Record<string, unknown>, asker: Asker): Promise<OpenedOwn['refused']> {
    const [kind, pk] = String(rename ?? remove ?? '').split('.');
    try {
      const device = await this.desk.find(asker.principal, { kind, pk });
      if (rename !== undefined) return await this.rename(device, name, asker);
      await this.desk.remove(device, asker);
      return undefined;
    } catch (error) {
      if (error instanceof Problem && error.code === 'not_found') return undefined;
      if (error instanceof Problem && error.code === 'proof_required') return 'unproved';
      throw error;
    }
  }

  private async rename(device: OwnedDevice, given: unknown, asker: Asker): Promise<OpenedOwn['refused']> {
    const name = deviceName.safeParse(given).data;
    if (name === undefined) return 'name';
    await this.desk.rename(device, name, asker);
    return undefined;
  }
}

const shown = ({ kind, pk, name, created, lastUsed }: OwnedDevice) => ({
  ...{ id: `${kind}.${pk}`, kind, name, created },
  ...(lastUsed ? { lastUsed } : {}),
});
