import { existsSync } from 'node:fs';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import type { DeviceName, Scenario } from '../scenario/manifest.js';

/** The driver's control device: there exactly when its kernel module is loaded and visible in this container. */
const driverNode = '/dev/nvidiactl';

/**
 * @throws Abort (exit 69) when the machine has no GPU, or the scenario cannot run on one
 */
export function checkDevice(
  scenario: Scenario,
  device: DeviceName,
  exists: (path: string) => boolean = existsSync,
): void {
  if (device === 'sim') return;
  if (!exists(driverNode)) {
    throw new Abort(
      `no GPU: ${driverNode} does not exist; expected an NVIDIA driver`,
      exitCodes.unavailable,
      [
        'run where the driver is installed (in a container: with --gpus all)',
        'or use --device sim, which blocks as the measured driver does',
      ],
    );
  }
  if (scenario.devices.includes(device)) return;
  throw new Abort(`scenario ${scenario.id} cannot run on a ${device} device yet`, exitCodes.unavailable, [
    `use --device ${scenario.devices.join(' or --device ')}`,
  ]);
}
