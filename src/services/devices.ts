import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { nativeTools } from '../harness/native-tools.js';
import type { DeviceName, Scenario } from '../scenario/manifest.js';
import { probeDevice, type Subject } from './driver-cell.js';

export interface DeviceDependencies {
  tool: () => string;
  probe: (subject: Subject) => Promise<string>;
}

const real: DeviceDependencies = {
  tool: () => nativeTools(['driverCell']).driverCell,
  probe: probeDevice,
};

/** As openDevice, for a scenario. @throws Abort (exit 69) also when the scenario cannot run on it */
export async function checkDevice(
  scenario: Scenario,
  device: DeviceName,
  use: DeviceDependencies = real,
): Promise<string | undefined> {
  if (!scenario.devices.includes(device)) {
    throw new Abort(`scenario ${scenario.id} cannot run on a ${device} device yet`, exitCodes.unavailable, [
      `use --device ${scenario.devices.join(' or --device ')}`,
    ]);
  }
  return openDevice(device, use);
}

/**
 * Opens the device in a process of its own and closes it: what is wrong with a driver shows here and not in a harness.
 *
 * @returns what the device calls itself; undefined for the simulated one
 * @throws Abort (exit 69) when it does not open: names the call, says what to do
 */
export async function openDevice(
  device: DeviceName,
  use: DeviceDependencies = real,
): Promise<string | undefined> {
  return device === 'sim' ? undefined : use.probe({ tool: use.tool(), device, model: '' });
}
