import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Most of the time goes by in the programs under test, which wait as much as they work: three are no crowd on two cores.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 30_000,
  },
})
