"use strict";
(() => {
  const url = new URL("../openapi.json", document.currentScript.src).href;
  window.addEventListener("load", () => {
    window.ui = SwaggerUIBundle({
      url,
      dom_id: "#swagger-ui",
      deepLinking: true,
      persistAuthorization: true,
      tryItOutEnabled: true,
      displayRequestDuration: true,
      validatorUrl: null,
      layout: "BaseLayout",
      presets: [SwaggerUIBundle.presets.apis],
    });
  });
})();
