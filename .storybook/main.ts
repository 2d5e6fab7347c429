import react from "@vitejs/plugin-react";
import type { StorybookConfig } from "@storybook/react-vite";

const config: StorybookConfig = {
  framework: "@storybook/react-vite",
  stories: ["../renderer/**/*.stories.tsx"],
  addons: [],
  // What is not used here would only slow the stories' test down: the highlighter looks at all elements after each change.
  features: {
    actions: false,
    backgrounds: false,
    controls: false,
    highlight: false,
    interactions: false,
    measure: false,
    outline: false,
    viewport: false,
  },
  core: { disableTelemetry: true, disableWhatsNewNotifications: true, enableCrashReports: false },
  typescript: { reactDocgen: false, check: false },
  viteFinal: (vite) => ({
    ...vite,
    plugins: [...(vite.plugins ?? []), react()],
    build: { ...vite.build, assetsInlineLimit: 0 },
  }),
};

export default config;
