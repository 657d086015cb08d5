import { DEVICE_CLASSES, type DeviceClass, Problem } from '@gatehouse/contracts';
import type { Principal } from '../http/auth/auth.service.js';
import type { ClientResolver } from '../http/client-info.js';
import type { HttpExchange } from '../http/exchange.js';
import { parsePk } from '../http/identifiers.js';
import type { Sessions } from '../sessions/sessions.js';
import type { OwnDevices, UserDevice } from './user-devices.js';

interface Parts {
  readonly devices: OwnDevices;
  readonly sessions: Sessions;
  readonly clients: ClientResolver;
  /** Seconds for which a proof counts. */
  readonly proofS: number;
}

/** A device as an address or a form calls it. */
export interface DeviceReference {
  readonly kind: unknown;
  readonly pk: unknown;
}

/** What a change needs besides the device. */
export interface RequestActor {
  readonly exchange: HttpExchange;
  readonly principal: Principal;
}

/** Where people change their own devices, by the API or on their page: one rule for both. */
export class DeviceService {
  constructor(private readonly parts: Parts) {}

  /** Throws not_found for a device that is not there, or is somebody else's. */
  async find({ user }: Principal, called: DeviceReference): Promise<UserDevice> {
    const [kind, pk] = [parseDeviceClass(called.kind), parsePk(called.pk)];
    const device = kind && pk && (await this.parts.devices.find(user.uuid, { kind, pk }));
    if (!device) throw new Problem('not_found');
    return device;
  }

  /** Gives a device another name. Throws not_found. */
  async rename(device: UserDevice, name: string, asker: RequestActor): Promise<void> {
    if (!(await this.parts.devices.rename(device, name, await this.changeOf(asker)))) throw new Problem('not_found');
  }

  /**
   * Removes a device. Whoever came by a password, or sits at a browser that was left open, is asked for a device first
   * (docs/security.md#accident-25), and so is a token, which proves nothing of the kind. Throws proof_required and
   * not_found.
   */
  async remove(device: UserDevice, asker: RequestActor): Promise<void> {
    if (!(await this.hasProof(asker.principal))) throw new Problem('proof_required');
    if (!(await this.parts.devices.remove(device, await this.changeOf(asker)))) throw new Problem('not_found');
  }

  private async hasProof({ user, sessionId, byToken }: Principal): Promise<boolean> {
    if (byToken || sessionId === undefined) return false;
    return this.parts.sessions.hasProvedDevice(sessionId, { user: user.uuid, withinS: this.parts.proofS });
  }

  private async changeOf({ exchange, principal }: RequestActor) {
    return { owner: principal.user, clientIp: (await this.parts.clients.of(exchange.request)).ip };
  }
}

/** The kind that an address names; undefined for what is none. */
export const parseDeviceClass = (kind: unknown): DeviceClass | undefined =>
  DEVICE_CLASSES.find((known) => known === kind);
