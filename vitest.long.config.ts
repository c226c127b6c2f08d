import { defineConfig } from 'vitest/config'

/**
 * What takes as long as many other tests together: `npm run test:long`. Real processes are killed and resumed, engine and
 * journal run through faults in virtual time, mail servers that were not written here take a thousand messages each, and a browser looks
 * at pages.
 */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts', 'test/servers/**/*.test.ts', 'test/browser/**/*.test.ts'],
    env: { TZ: 'UTC' },
    maxWorkers: 3,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
})
