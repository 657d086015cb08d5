import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Whether an address is one of the internet: not of this machine, of the house, or of whoever runs the machine. */
export const isPublicAddress = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';

/**
 * Resolves names to the addresses that are admitted, where the connection is made, so that nothing can lie between the look
 * and the leap. An address in the place of a name is connected to without it.
 */
export const filteredLookup =
  (admits: (address: string) => boolean): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }).then(
      (found) => {
        const open = found.filter(({ address }) => admits(address));
        const [first] = open;
        if (!first) return callback(new Error(`${hostname} leads into a private network`), '', 4);
        return options.all ? callback(null, open) : callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 4),
    );
  };
