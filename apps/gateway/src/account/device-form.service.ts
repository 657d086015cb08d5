import { passkeyUserHandle } from '@gatehouse/authenticators';
import { DEVICE_CLASSES, Problem } from '@gatehouse/contracts';
import { FlowStore } from '@gatehouse/executor';
import type { AccountPageData } from '@gatehouse/web';
import { Inject, Injectable } from '@nestjs/common';
import { deviceName } from '../devices/device.dto.js';
import { DeviceService, type RequestActor } from '../devices/device.service.js';
import { passkeyDetails } from '../devices/passkey-details.js';
import { type UserDevice, UserDeviceRepository } from '../devices/user-device.repository.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { AuthenticatedUser } from '../users/user.repository.js';

/** Largest number of devices on the page. */
const MAX_SHOWN_DEVICES = 50;
/** Kinds of the stages in which users set up devices. */
const SETUP_STAGE_KINDS = DEVICE_CLASSES.map((kind) => `authenticator_${kind}`);

type AccountOwner = Pick<AuthenticatedUser, 'uuid' | 'username' | 'name'>;

/** A user's devices on the account page, and the forms that change them. */
@Injectable()
export class DeviceFormService {
  constructor(
    @Inject(UserDeviceRepository) private readonly devices: UserDeviceRepository,
    @Inject(DeviceService) private readonly deviceService: DeviceService,
    @Inject(FlowStore) private readonly flows: FlowStore,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'BASE_URL'>,
  ) {}

  /** Returns the page's data about a user's devices. */
  async load(owner: string): Promise<AccountPageData['account']['devices']> {
    const devices = await this.devices.list({ owner }, { offset: 0, limit: MAX_SHOWN_DEVICES });
    return {
      shown: devices.map(toPageDevice),
      enrolmentStages: await this.flows.listConfigurableStages(SETUP_STAGE_KINDS),
    };
  }

  /**
   * Returns the data with which the page updates the browser's passkeys: the passkeys that the site accepts for the
   * user, and the names of the user (docs/spec/mfa.md#webauthn-signals).
   */
  async passkeys({ uuid, username, name }: AccountOwner): Promise<AccountPageData['account']['passkeys']> {
    return {
      rpId: new URL(this.config.BASE_URL).hostname,
      userId: passkeyUserHandle(uuid),
      ...{ name: username, displayName: name || username },
      allAcceptedCredentialIds: await this.devices.listCredentialIds(uuid),
    };
  }

  /**
   * Renames or removes the device that a form names. Returns the reason if the change is refused. Ignores a device that
   * no longer exists.
   */
  async change(
    { rename, remove, name }: Record<string, unknown>,
    actor: RequestActor,
  ): Promise<AccountPageData['refused']> {
    const [kind, pk] = String(rename ?? remove ?? '').split('.');
    try {
      const device = await this.deviceService.find(actor.principal, { kind, pk });
      if (rename !== undefined) return await this.rename(device, name, actor);
      await this.deviceService.remove(device, actor);
      return undefined;
    } catch (error) {
      if (error instanceof Problem && error.code === 'not_found') return undefined;
      if (error instanceof Problem && error.code === 'proof_required') return 'unproved';
      throw error;
    }
  }

  private async rename(
    device: UserDevice,
    nameField: unknown,
    actor: RequestActor,
  ): Promise<AccountPageData['refused']> {
    const name = deviceName.safeParse(nameField).data;
    if (name === undefined) return 'name';
    await this.deviceService.rename(device, name, actor);
    return undefined;
  }
}

function toPageDevice(device: UserDevice): AccountPageData['account']['devices']['shown'][number] {
  const { kind, pk, name, created, lastUsed } = device;
  return {
    ...{ id: `${kind}.${pk}`, kind, name, created },
    ...(lastUsed ? { lastUsed } : {}),
    ...(kind === 'webauthn' ? { passkey: passkeyDetails(device) } : {}),
  };
}
