import { defineConfig } from 'vitest/config'

/** Through mail servers that were not written here, a thousand messages each: `npm run test:servers`. */
export default defineConfig({
  test: {
    include: ['test/servers/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
})
