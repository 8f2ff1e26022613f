import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['build/**', 'dist/**', 'node_modules/**'],
    // Only a backstop: every child process in a test has a deadline of its own.
    testTimeout: 30_000,
    // Forks, because native addons and process-wide signal handlers do not share a process well.
    pool: 'forks',
    // Otherwise @oclif/test's runCommand captures nothing.
    disableConsoleIntercept: true,
  },
});
