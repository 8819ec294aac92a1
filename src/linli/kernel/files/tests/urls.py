from django.urls import include, path

urlpatterns = [path("files/", include("linli.kernel.files.urls"))]
