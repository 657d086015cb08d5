import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';

/**
 * Frees the memory of a buffer, even if Pyodide still refers to it. The buffer can no longer be read. Resolves when the
 * memory is free.
 */
export async function releaseMemory(buffer: ArrayBufferLike): Promise<void> {
  if (!(buffer instanceof ArrayBuffer)) return;
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(undefined, [buffer]);
  // Closing a port discards its undelivered messages, and the buffers in them.
  port2.close();
  await once(port2, 'close');
}
