import { setTimeout as pause } from 'node:timers/promises';
import { loadNative } from '../src/native.js';
import { type Benchmark, median } from './benchmark.js';

const seconds = 2;
const windows = 3;
const streams = 16;

const benchmark: Benchmark = {
  id: 'idle-device',
  summary: 'CPU that an idle simulated device uses',
  seconds: seconds * windows * 2,
  async run(say) {
    // The same process measured without the device first: what remains is the device's.
    say(`${windows} x ${seconds} s without a device, then with one of ${streams} idle streams`);
    const without = await cpuPercent();
    const device = new (loadNative().SimDevice)(null, '580-cuda13');
    for (let stream = 0; stream < streams; stream++) await device.synchronizeStream(device.createStream());
    const withDevice = await cpuPercent();
    return [
      { name: 'this process without a device', measured: without, unit: '% of a core' },
      {
        name: 'this process with an idle device',
        measured: withDevice,
        unit: '% of a core',
        target: { at: 'most', value: 1 },
      },
    ];
  },
};

/** The middle of several windows: one in which the process tidies up after itself does not count. */
async function cpuPercent(): Promise<number> {
  const measured: number[] = [];
  for (let window = 0; window < windows; window++) {
    const before = process.cpuUsage();
    await pause(seconds * 1000);
    const { user, system } = process.cpuUsage(before);
    measured.push((user + system) / 1e4 / seconds);
  }
  return median(measured);
}

export default benchmark;
