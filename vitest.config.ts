import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // These have a command of their own, for they take as long as many others together.
    exclude: ['test/faults/**', 'test/servers/**', 'test/browser/**'],
    // Most of the time goes by in the programs under test, which wait as much as they work: three are no crowd on two cores.
    maxWorkers: 3,
    // No test leaves anything behind in its process, so that one process serves many files.
    isolate: false,
    // What people see has times in it, in the reader's zone.
    env: { TZ: 'UTC' },
    testTimeout: 60_000,
    hookTimeout: 30_000,
  },
})
