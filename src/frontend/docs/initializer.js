"use strict";
(() => {
  const url = new URL("../openapi.json", document.currentScript.src);
  // Browsers send these by themselves, and refuse to fetch a URL that contains them.
  url.username = "";
  url.password = "";
  window.addEventListener("load", () => {
    window.ui = SwaggerUIBundle({
      url: url.href,
      dom_id: "#swagger-ui",
      deepLinking: true,
      persistAuthorization: true,
      displayRequestDuration: true,
      validatorUrl: null,
      layout: "BaseLayout",
      presets: [SwaggerUIBundle.presets.apis],
    });
  });
})();
