"""Drawing of the generated photographs: geometry, painting, camera, weather."""
