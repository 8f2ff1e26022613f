/**
 * Seeds. One root seed per command; every run's seed is a pure function of it and of what the run is, so that any run
 * can be repeated alone and adding a runtime changes nobody else's seed.
 */
import { randomInt } from 'node:crypto';

/** Seeds fit 31 bits, so that every language's plain integer holds them. */
export const seedLimit = 2 ** 31;

const mask = (1n << 64n) - 1n;

export function randomSeed(): number {
  return randomInt(seedLimit);
}

/**
 * The seed of run number `index` (from 0) of `what`. Run 0 of a command that runs one thing only (`what` empty) has
 * the root seed itself: that is what makes `--seed` on the command line repeat a run.
 */
export function runSeed(root: number, what: string, index: number): number {
  if (what === '' && index === 0) return root;
  const mixed = splitmix64(BigInt(root) ^ (fnv1a(what) << 32n) ^ splitmix64(BigInt(index)));
  return Number(mixed % BigInt(seedLimit));
}

/** The finaliser of splitmix64 (Steele, Lea, Flood 2014): a counter in, a well-mixed number out. */
function splitmix64(counter: bigint): bigint {
  let z = (counter + 0x9e3779b97f4a7c15n) & mask;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
  return z ^ (z >> 31n);
}

function fnv1a(text: string): bigint {
  let hash = 0x811c9dc5n;
  for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn;
  return hash;
}
