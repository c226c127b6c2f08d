/** Version of what is written for programs. It grows when a field changes its meaning or goes; new fields do not count. */
export const jsonVersion = 1
