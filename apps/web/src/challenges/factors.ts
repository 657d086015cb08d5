/** The fields of a device that determine its position in the list. */
interface RankedDevice {
  readonly device_class: string;
  /** Absent or null before the visitor has proved to be the owner, and for a device that was never used. */
  readonly last_used?: string | null | undefined;
}

/** The device classes in the order of the list: phishing-resistant devices first, recovery codes last. */
const ORDER: readonly string[] = ['webauthn', 'totp', 'duo', 'sms', 'email', 'static'];

/** Returns the devices in the order of the list: the last used device first, the others by class. */
export function inOrder<D extends RankedDevice>(devices: readonly D[]): D[] {
  const first = lastUsed(devices);
  const rank = (device: D) => (device === first ? -1 : ORDER.indexOf(device.device_class) + 1 || ORDER.length + 1);
  return [...devices].sort((a, b) => rank(a) - rank(b));
}

/**
 * Returns the device that the page shows at first: the only device, else the last used device. Undefined if the page
 * shows the list.
 */
export const shownAtFirst = <D extends RankedDevice>(devices: readonly D[]): D | undefined =>
  devices.length === 1 ? devices[0] : lastUsed(devices);

/**
 * Returns the device that was used last. Recovery codes do not count, because they are for a visitor who has lost the
 * other devices.
 */
const lastUsed = <D extends RankedDevice>(devices: readonly D[]): D | undefined =>
  devices
    .filter(({ device_class, last_used }) => last_used && device_class !== 'static')
    .sort((a, b) => Date.parse(b.last_used ?? '') - Date.parse(a.last_used ?? ''))[0];
