import { describe, expect, it } from 'vitest';
import { diagnoseDumps } from '../../src/diagnosis/diagnose-dumps.js';
import { readDump } from '../../src/diagnosis/parsers/read-dump.js';
import { fixtureText } from '../parsers/fixtures.js';

function cutsOf(text: string): string[] {
  return diagnoseDumps(readDump(text).dumps).verdict.cuts;
}

const threeParties = fixtureText('py-spy-native.txt');
const twoParties = `Thread 10 (idle): "reader"
    pthread_mutex_lock (libc.so.6)
    H5TS_mutex_lock (libhdf5.so.200)
    H5open (libhdf5.so.200)
    read_index (app/index.py:12)
    _bootstrap (threading.py:1030)
Thread 11 (idle): "writer"
    pthread_cond_timedwait (libc.so.6)
    take_gil (python3.11)
    PyGILState_Ensure (python3.11)
    conv_str2vlen (_conv.so)
    H5T_convert (libhdf5.so.200)
    H5Dwrite (libhdf5.so.200)
    save (app/store.py:40)
    _bootstrap (threading.py:1030)
`;

describe('why a wider Python lock does not cut a cycle through the GIL', () => {
  it('names both calls, the callback that no Python lock reaches, and what cuts it', () => {
    expect(cutsOf(threeParties).at(-1)).toBe(
      'Widening a Python lock (a transfer_lock around more of the code) does not cut this cycle. ' +
        'A lock around store_block (cacheserver/blocks.py:131), where worker_1 is, does not cover load_block ' +
        '(cacheserver/blocks.py:88) in set_device (torch/cuda/__init__.py:399): there worker_0 enters cudaSetDevice ' +
        "with the GIL held, and waits for the CUDA runtime's mutex (libcudart). " +
        "A lock around both calls leaves every other call that needs the CUDA runtime's mutex (libcudart) with the " +
        'GIL held: each closes the same cycle. ' +
        'Dummy-3 waits for the GIL before any Python lock could be asked for: its wait stays. ' +
        'What cuts it: a callback that takes no GIL, then nobody waits for worker_0.',
    );
  });

  it('does not rest on names of one project: other files, functions and thread names', () => {
    const renamed = threeParties
      .replaceAll('cacheserver', 'elsewhere')
      .replaceAll(/(store|load)_block/g, '$1_page')
      .replaceAll('worker_', 'IoThread-');
    expect(cutsOf(renamed).at(-1)).toMatch(
      /around store_page .* IoThread-1 .* IoThread-0 enters cudaSetDevice/,
    );
  });

  it('counts callbacks that stand alike', () => {
    const [before, callback = ''] = threeParties.split(/(?=Thread 4722)/);
    const more = [4724, 4725].map((tid) =>
      callback.replace('4722', `${tid}`).replace('Dummy-3', `Dummy-${tid}`),
    );
    expect(cutsOf(`${before}${callback.replace(/Thread 4723.*\n/, '')}${more.join('')}`).at(-1)).toContain(
      'The 3 threads like Dummy-3 wait for the GIL before any Python lock could be asked for: their wait stays.',
    );
  });

  it('holds for a cycle of two, whatever the native lock is, and speaks of no transfer', () => {
    const cuts = cutsOf(twoParties);
    expect(cuts).toContain(
      'At least release the GIL around H5TS_mutex_lock, which reader enters from read_index (app/index.py:12).',
    );
    expect(cuts.at(-1)).toMatch(
      /^Widening a Python lock does not cut this cycle\. A lock around save \(app\/store\.py:40\), where writer is,/,
    );
    expect(cuts.at(-1)).toMatch(
      /What cuts it: let go of the GIL before H5TS_mutex_lock, then nobody waits for reader\.$/,
    );
  });

  it('is not said where the GIL is no part of the cycle', () => {
    const cuts = cutsOf(fixtureText('jstack.txt'));
    expect(cuts.length).toBeGreaterThan(0);
    expect(cuts.join('\n')).not.toMatch(/Python lock|GIL/);
  });
});
