import { DEVICE_CLASSES, Problem } from '@gatehouse/contracts';
import { FlowStore } from '@gatehouse/executor';
import type { AccountPageData } from '@gatehouse/web';
import { Inject, Injectable } from '@nestjs/common';
import { deviceName } from '../devices/device.dto.js';
import { DeviceService, type RequestActor } from '../devices/device.service.js';
import { OwnDevices, type UserDevice } from '../devices/user-devices.js';

/** Devices that are shown. */
const MAX_SHOWN_DEVICES = 50;
/** Kinds of the stages by which people set devices up. */
const SETUP_STAGE_KINDS = DEVICE_CLASSES.map((kind) => `authenticator_${kind}`);

/** Somebody's devices on their own page, and the forms that change them. */
@Injectable()
export class DeviceFormService {
  constructor(
    @Inject(OwnDevices) private readonly devices: OwnDevices,
    @Inject(DeviceService) private readonly desk: DeviceService,
    @Inject(FlowStore) private readonly flows: FlowStore,
  ) {}

  /** What somebody's page shows of their devices. */
  async of(owner: string): Promise<AccountPageData['account']['devices']> {
    const found = await this.devices.list({ owner }, { offset: 0, limit: MAX_SHOWN_DEVICES });
    return { shown: found.map(toPageDevice), enrolmentStages: await this.flows.listConfigurable(SETUP_STAGE_KINDS) };
  }

  /** Renames or removes the device that a form names; why not, if it must not be. That it is gone already is as good. */
  async change(
    { rename, remove, name }: Record<string, unknown>,
    asker: RequestActor,
  ): Promise<AccountPageData['refused']> {
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

  private async rename(device: UserDevice, given: unknown, asker: RequestActor): Promise<AccountPageData['refused']> {
    const name = deviceName.safeParse(given).data;
    if (name === undefined) return 'name';
    await this.desk.rename(device, name, asker);
    return undefined;
  }
}

const toPageDevice = ({ kind, pk, name, created, lastUsed }: UserDevice) => ({
  ...{ id: `${kind}.${pk}`, kind, name, created },
  ...(lastUsed ? { lastUsed } : {}),
});
