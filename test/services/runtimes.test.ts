import { describe, expect, it } from 'vitest';
import { parseRuntime } from '../../src/services/runtimes.js';

describe('parseRuntime', () => {
  it('suggests the nearest', () => {
    expect(parseRuntime('python')).toBe('python');
    expect(() => parseRuntime('pyhton')).toThrow(
      expect.objectContaining({
        exitCode: 2,
        suggestions: ['did you mean python?', 'there are: js, python'],
      }),
    );
  });
});
